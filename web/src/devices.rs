//! Finds the microphone that the user chose among the devices, even if its id has changed.

/// The id of a choice that is no microphone: the sound of a tab or of the computer, which the user shares.
pub const SHARED: &str = "shared";
/// The id of the choice of both that sound and a microphone; it begins with [`SHARED`].
pub const SHARED_AND_MICROPHONE: &str = "shared+microphone";

/// A microphone as the browser lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The browser's id for it, which may change, for instance when the user clears the site's data.
    pub id: String,
    /// The name that the user reads; empty before the microphone is granted.
    pub label: String,
}

/// Finds the chosen device: by its id, or by its label if no device has this id.
pub fn find<'a>(chosen: &Device, present: &'a [Device]) -> Option<&'a Device> {
    let by_id = present.iter().find(|device| device.id == chosen.id);
    by_id.or_else(|| present.iter().find(|device| device.label == chosen.label))
}

/// Whether this is a device to choose. Before the microphone is granted labels are empty, and in some browsers ids too;
/// Chromium lists its default device once more as `default`.
pub fn is_real(device: &Device) -> bool {
    !device.label.is_empty() && !["", "default", "communications"].contains(&device.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, label: &str) -> Device {
        Device { id: id.to_owned(), label: label.to_owned() }
    }

    #[test]
    fn a_device_is_found_by_its_id_before_its_label() {
        // Two headsets of the same model have the same label.
        let present = [device("1", "Headset"), device("2", "Headset")];
        assert_eq!(find(&device("2", "Headset"), &present), Some(&present[1]));
    }

    #[test]
    fn a_device_whose_id_has_changed_is_found_by_its_label() {
        let present = [device("8", "Built-in"), device("9", "Headset")];
        assert_eq!(find(&device("2", "Headset"), &present), Some(&present[1]));
    }

    #[test]
    fn a_device_that_is_gone_is_not_found() {
        assert_eq!(find(&device("2", "Headset"), &[device("8", "Built-in")]), None);
    }

    #[test]
    fn aliases_and_unnamed_devices_cannot_be_chosen() {
        assert!(is_real(&device("8", "Built-in")));
        for (id, label) in [("default", "Default - Built-in"), ("8", ""), ("", ""), ("communications", "C")] {
            assert!(!is_real(&device(id, label)), "{id} {label}");
        }
    }
}
