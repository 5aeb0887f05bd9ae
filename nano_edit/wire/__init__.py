"""The API's language: requests out, replies in.  Knows no file name and no Pillow."""
