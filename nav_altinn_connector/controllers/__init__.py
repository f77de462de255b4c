from . import altinn_return, employee_data, followup_plan_link, health, sick_note_document
