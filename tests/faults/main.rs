//! Faults, made on purpose in whole installations: what is promised holds through each of them.

mod consumers;
mod full_disk;
mod overload;
