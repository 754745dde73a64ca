"""Every strategy under the same conditions: on recordings, and side by side over seeds of the synthetic market."""
