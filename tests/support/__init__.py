"""What the system tests share: databases of their own, and an employer connected to the sandbox."""
