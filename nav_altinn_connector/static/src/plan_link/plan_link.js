// The token stands behind the # of the address, so that it is sent to nobody but by this form.
const form = document.getElementById("nav_plan_open");
const token = window.location.hash.slice(1);
if (form && token) {
    form.elements.token.value = token;
    form.submit();
} else if (form) {
    document.getElementById("nav_plan_no_token").hidden = false;
}
