"""The Xquik REST API, spoken once: what it is asked, how its dialects are read, what its errors mean."""
