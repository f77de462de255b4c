// The token stands behind the # of the address, so that it is sent to nobody but by this form.
const form = document.getElementById("nav_plan_open");
const token = window.location.hash.slice(1);
if (form && token) {
    form.elements.token.value = token;
    // Nor does it stay in the history of a browser that others use, too.
    window.history.replaceState(null, "", window.location.pathname);
    form.submit();
} else if (form) {
    form.hidden = true;
    document.getElementById("nav_plan_no_token").hidden = false;
}
