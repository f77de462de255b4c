"""Keys, certificates and the system register: the client against the sandbox."""
