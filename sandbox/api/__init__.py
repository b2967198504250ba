"""The routes of the API, one module per section of the contract."""
