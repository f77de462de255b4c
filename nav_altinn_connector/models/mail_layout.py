"""The layout of e-mails that this addon sends. It looks as Odoo's own; by its name they are known
again when one of them could not be sent."""

MAIL_LAYOUT = "nav_altinn_connector.mail_layout"
