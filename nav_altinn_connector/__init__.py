from . import clients, controllers, domain, models, wizard
from .clients import redaction
from .hooks import post_init_hook, uninstall_hook

redaction.guard()  # at the end: of all loggers that the modules above have made
