"""What accounts hold and owe on the local exchange: balances, positions, margin, fees, funding, orders."""
