"""How the local exchange carries an action out: placement, settlement, cancels, margin, liquidation."""
