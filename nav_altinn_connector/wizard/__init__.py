from . import nav_sick_note_withdraw
