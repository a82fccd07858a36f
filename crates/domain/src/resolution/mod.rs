//! After the decision: resolutions and what departments owe.
