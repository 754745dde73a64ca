"""The exchange's face to the network: requests in, answers and feeds out, in the venue's own shapes."""
