"""DeepAR: one recurrent network for many time series, with forecasts that are distributions."""
