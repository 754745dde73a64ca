"""Where the price is and where it is heading: micro-prices, filters, momentum and the market spread."""
