from . import hr_leave_generate_multi_wizard
from . import nav_sick_note_withdraw
