"""The parts of the example pictures: a box of paints, a street, a cat, a mug."""
