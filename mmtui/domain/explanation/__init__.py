"""Why a price is what it is: its terms with a running sum, and every input of each term with how far to trust it."""
