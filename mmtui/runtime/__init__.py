"""The noisy shell: loop, executor, configuration, secrets, locks, logs and metrics. It decides nothing."""
