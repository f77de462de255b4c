from . import clients, controllers, domain, models, wizard
from .hooks import post_init_hook, uninstall_hook
from .clients import redaction

redaction.guard()  # at the end: of all loggers that the modules above have made
