from . import sick_note_document
