"""HTTP clients: one module for each outside system.

They import requests, jwt, cryptography and the standard library; never odoo, never the domain.
"""
