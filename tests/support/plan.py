"""A follow-up plan with all that must be filled in."""

CONTENT = {
    "typical_workday": "Lager mat på kjøkkenet, æøå «»\nog mer",
    "tasks_that_can_still_be_done": "Planlegging",
    "tasks_that_can_not_be_done": "Tunge løft",
    "previous_facilitation": "Ingen ennå",
    "planned_facilitation": "Kortere vakter",
    "follow_up": "Samtale hver uke",
    "evaluation_date": "2026-07-01",
    "contact_person_full_name": "Mona Leder",
    "contact_person_phone_number": "00 00 00 00",
    "contact_person_email": "mona@example.com",
    "contribution": "yes",
    "send_plan_to_nav": True,
    "send_plan_to_general_practitioner": True,
}
