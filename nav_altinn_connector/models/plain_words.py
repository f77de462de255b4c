"""Errors of outside systems in words that the person who can mend them understands.

Each text says what is wrong and what to do. None holds what the other system wrote, since that
may name a person.
"""

from ..clients import scopes
from . import plain_words_altinn, plain_words_followup


def in_language_of(company, records):
    """The records, to write texts that are stored and that many people read: in the language of
    the company, whoever pressed the button and also when nobody did.

    The language is that of the company's contact, which Odoo sets when a database is made in
    another language than English.
    """
    language = company.sudo().partner_id.lang
    if not language or not records.env["res.lang"]._get_data(code=language):
        language = "en_US"
    return records.with_context(lang=language)


def vault(env, error):
    """Words for a :class:`.key_vault.VaultError`."""
    if error.reason == "malformed_key":
        return env._(
            "The encryption key of this Odoo server is not valid. It must be one or more Fernet "
            "keys, separated by commas. Ask the person who runs the server to look at "
            "NAV_CONNECTOR_ENCRYPTION_KEY or nav_connector_encryption_key."
        )
    if error.reason == "missing_key":
        return env._(
            "The private key cannot be read: this Odoo server has no encryption key. If this is a "
            "copy of another database, that is intended. Else bring back the encryption key, or "
            "generate a new key and register it at Digdir."
        )
    if error.reason == "unusable_file":
        return env._(
            "The file with the encryption key of this Odoo server cannot be used. Ask the person "
            "who runs the server to look at encryption.key in Odoo's data folder, and at who may "
            "read and write it."
        )
    return env._(
        "The private key cannot be read: this Odoo server has another encryption key than the one "
        "it was stored with. If this is a copy of another database, that is intended. Else bring "
        "back the encryption key, or generate a new key and register it at Digdir."
    )


def invalid_key(env, error):
    """Words for a :class:`..clients.maskinporten.InvalidKey`."""
    words = {
        "not_rsa": env._("This is not an RSA key. Maskinporten is used with RSA here."),
        "too_short": env._("This RSA key is too short. It needs at least 2048 bits."),
        "wrong_password": env._("The password does not fit the key."),
        "no_key": env._("There is no private key in what was imported."),
        "bad_certificate": env._("The certificate cannot be read."),
        "certificate_mismatch": env._("The certificate belongs to another key."),
        "no_certificate": env._("There is no certificate in what was imported."),
        "encrypted": env._("This key is protected by a password. Enter the password, too."),
    }
    return words.get(
        error.reason,
        env._("This is not a private key in PEM form. It begins with -----BEGIN PRIVATE KEY-----."),
    )


def client_error(env, error, scope=None):
    """Words for a :class:`..clients.errors.ClientError`.

    :param str scope: what Maskinporten was asked for, if the error does not say it
    """
    by_code = {**_maskinporten(env), **_about_scopes(env, scope or error.scope), **_sykepenger(env)}
    if error.code in by_code:
        return by_code[error.code]
    words = plain_words_altinn.client_error(env, error) or plain_words_followup.client_error(
        env, error
    )
    if words:
        return words
    system = _system_names(env).get(error.system, error.system)
    words = _by_kind(env, system).get(error.kind)
    if words is None:
        words = env._("%s refused the request.", system)
    if error.code:
        words = env._("%(words)s (%(code)s)", words=words, code=error.code)
    return words


def _system_names(env):
    return {
        "maskinporten": "Maskinporten",
        "altinn": "Altinn",
        "sykepenger": env._("NAV (Sykepenger API)"),
        "followup_plan": env._("NAV (follow-up plans)"),
        "enhetsregisteret": "Enhetsregisteret",
    }


def _by_kind(env, system):
    return {
        "insecure_address": env._("The address of %s is not safe: it must use https.", system),
        "no_answer": env._("%s did not answer. It will be tried again.", system),
        "unauthorised": env._("%s did not accept the access token.", system),
        "no_access": env._("%s gives no access to this sub-unit.", system),
        "token_refused": env._("%s did not accept the access token.", system),
        "too_many_units": env._(
            "The organisation has more sub-units than %s lists. Add those that you need by hand.",
            system,
        ),
        "forbidden": env._("%s does not allow this organisation to do this.", system),
        "not_found": env._("%s does not know what was asked for.", system),
        "rate_limited": env._("%s asks to wait. It will be tried again later.", system),
        "server_fault": env._("%s has a fault of its own. It will be tried again.", system),
        "invalid_answer": env._("%s gave an answer that cannot be used.", system),
    }


def _maskinporten(env):
    """The codes that Digdir documents for Maskinporten's token endpoint."""
    not_accepted = env._(
        "Maskinporten could not read the request. If it happens again, generate a new key and "
        "register it at Digdir."
    )
    certificate = env._(
        "Maskinporten does not accept the certificate. It must be an enterprise certificate of "
        "the client's owner, of the same environment, and not expired."
    )
    system_user = env._(
        "Altinn has no approved system user for this organisation and this client, or has not "
        "finished setting it up. Check the organisation number, approve the system user in "
        "Altinn, and try again after some minutes. The system in Altinn must hold this Client ID."
    )
    return {
        "MP-011": not_accepted,
        "MP-012": not_accepted,
        "MP-100": env._(
            "Maskinporten does not know this Client ID. Check it, and that the environment is the "
            "one in which it was made."
        ),
        "MP-110": env._(
            "The request was meant for another environment of Maskinporten. Check the environment "
            "or the address."
        ),
        "MP-120": certificate,
        "MP-121": env._(
            "The key has expired at Digdir: keys are valid for one year. Generate a new key and "
            "register it at Digdir."
        ),
        "MP-122": certificate,
        "MP-123": certificate,
        "MP-124": env._(
            "Maskinporten does not know the key. Register the current public key on the client "
            "at Digdir."
        ),
        "MP-130": env._(
            "Maskinporten found the request too old. Check that this server's clock is right."
        ),
        "MP-201": env._(
            "The client was made with another type of integration. It must be of the type "
            "Maskinporten."
        ),
        "MP-301": system_user,
        "MP-302": system_user,
        "MP-303": system_user,
    }


def _about_scopes(env, scope):
    """Maskinporten's codes that are about one scope.

    :param scope: the scope, or None when it is not known
    """
    if scope is None:
        return {
            "MP-200": env._(
                "The client may not ask for this access yet. Add the scope that is missing to it "
                "at Digdir."
            ),
            "MP-250": env._(
                "The owner of the client has not been given one of the scopes. Ask its provider, "
                "NAV or Altinn, for access to it."
            ),
            "MP-251": _not_delegated(env, env._("the access")),
        }
    return {
        "MP-200": env._(
            "The client may not ask for this access yet. Add the scope %s to it at Digdir.", scope
        ),
        "MP-250": env._(
            "The owner of the client has not been given the scope %(scope)s. Ask %(provider)s for "
            "access to it.",
            scope=scope,
            provider="NAV" if scope.startswith("nav:") else "Altinn",
        ),
        "MP-251": _not_delegated(env, _scope_in_altinn(env, scope)),
    }


def _not_delegated(env, what):
    return env._(
        "The employer has not delegated %s to the owner of the client. Somebody with the right to "
        "give access for the employer, its general manager for example, does that in Altinn, under "
        "access to programming interfaces (Tilgang til programmeringsgrensesnitt – API), and "
        "enters the organisation number of the client's owner there.",
        what,
    )


def _scope_in_altinn(env, scope):
    """What to look for in Altinn to delegate a scope."""
    if scope == scopes.FOLLOWUP_PLAN:
        return env._("the follow-up plan (Oppfølgingsplan)")
    return env._("the scope %s", scope)


def _sykepenger(env):
    """The error codes of NAV's Sykepenger API that a set-up or an access can lead to."""
    return {
        "IKKE_TILGANG_TIL_RESSURS": env._(
            "NAV gives no access to the sick notes of this sub-unit. The system user in Altinn "
            "must have the right to sick notes for it. After an approval it may take some minutes."
        ),
        "SYKMELDING_IKKE_FUNNET": env._("NAV does not have this sick note any more."),
        "FEIL_VED_PDF_GENERERING": env._("NAV could not make the document. Try again later."),
    }


def note_problem(env, problem):
    """Words for one :class:`..domain.sick_note.Problem` of a sick note."""
    where = _place(env, problem.path)
    words = {
        "missing": env._("%s is missing", where),
        "wrong_type": env._("%s is not of the expected kind", where),
        "no_periods": env._("the note has no periods"),
        "end_before_start": env._("%s ends before it begins", where),
        "degree_out_of_range": env._("the degree of %s is not between 1 and 99 percent", where),
        "unknown_kind": env._("the kind of sick leave of %s is not known", where),
        "several_kinds": env._("%s has several kinds of sick leave at once", where),
        "date_too_far": env._("the dates of %s are too far away", where),
        "period_too_long": env._("%s is too long", where),
        "text_too_long": env._("the text %s is too long", where),
        "bad_text": env._("the text %s has characters that cannot be stored", where),
        "too_many_periods": env._("the note has too many periods"),
        "overlapping_periods": env._("periods of the note overlap"),
        "bad_value": env._("%s has an unusable value", where),
        "bad_date": env._("%s is not a date", where),
        "days_out_of_range": env._("the number of treatment days of %s is not possible", where),
    }
    return words.get(problem.code, env._("%(where)s: %(code)s", where=where, code=problem.code))


def _place(env, path):
    """Words for a place in NAV's JSON, such as ``sykmeldingPerioder[0].fom``."""
    names = _place_names(env)
    words = []
    for step in path.split("."):
        name, _bracket, index = step.partition("[")
        word = names.get(name, name)
        if index:
            word = env._("%(what)s %(number)s", what=word, number=int(index.rstrip("]")) + 1)
        if word:
            words.append(word)
    return ", ".join(words) or env._("the note")


def _place_names(env):
    return {
        "loepenr": env._("the running number"),
        "sykmeldingId": env._("NAV's ID"),
        "sykmeldt": env._("the employee"),
        "fnr": env._("identity number"),
        "navn": env._("name"),
        "sykmeldingPerioder": env._("period"),
        "egenmeldingsdager": env._("self-certified period"),
        "fom": env._("first day"),
        "tom": env._("last day"),
        "aktivitet": "",
        "gradertSykmelding": "",
        "sykmeldingsgrad": env._("degree"),
        "aktivitetIkkeMulig": env._("full sick leave"),
        "avventendeSykmelding": env._("advisory sick leave"),
        "antallBehandlingsdagerUke": env._("treatment days"),
        "harReisetilskudd": env._("travel subsidy"),
        "sykefravaerFom": env._("first day of absence"),
        "mottattAvNav": env._("time of receipt"),
        "sendtTilArbeidsgiver": env._("time of sending"),
        "kontaktMedPasient": env._("time of consultation"),
        "arbeidsgiver": env._("the employer"),
        "orgnr": env._("organisation number"),
        "behandler": env._("the doctor"),
        "tlf": env._("telephone number"),
        "oppfoelging": env._("follow-up"),
        "prognose": env._("prognosis"),
        "meldingTilArbeidsgiver": env._("message to the employer"),
        "tiltakArbeidsplassen": env._("measures at the workplace"),
        "beskrivHensynArbeidsplassen": env._("considerations at the workplace"),
        "beskrivelse": env._("description"),
    }
