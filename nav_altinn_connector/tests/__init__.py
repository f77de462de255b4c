from . import (
    test_absence,
    test_enhetsregisteret_client,
    test_graded_calendar,
    test_identity,
    test_intervals,
    test_maskinporten_client,
    test_odoo_corners,
    test_rules,
    test_rules_table,
    test_sick_note,
    test_sykepenger_client,
    test_transport,
)
