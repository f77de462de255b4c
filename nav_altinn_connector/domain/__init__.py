"""Rules only: dates and plain values in, decisions out. Knows neither Odoo nor HTTP."""
