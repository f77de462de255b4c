from . import altinn_return, sick_note_document
