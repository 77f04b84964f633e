"""The best placement of a whole docket: arrays in, arrays out, with no database and no web."""
