from . import altinn_return, followup_plan_link, sick_note_document
