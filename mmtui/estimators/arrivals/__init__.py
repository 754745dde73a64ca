"""How aggressive orders arrive: rate, reach and size, and the shape of the posted depth."""
