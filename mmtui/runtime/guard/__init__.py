"""What watches the engine from outside: the guard process, and the service manager's watchdog."""
