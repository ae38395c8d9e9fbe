//! The macros behind the table of parameters and the types of its values.

/// Defines an enum whose values have names on the wire.
macro_rules! named_values {
    ($( #[$attribute:meta] )* pub enum $type:ident { $( $( #[$about:meta] )* $variant:ident = $name:literal, )* }) => {
        $( #[$attribute] )*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $type {
            $( $( #[$about] )* #[serde(rename = $name)] $variant, )*
        }

        impl $type {
            /// The names on the wire of all values.
            pub const NAMES: &[&'static str] = &[$( $name ),*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )*
                }
            }
        }
    };
}

/// Defines [`StreamingParameters`](crate::StreamingParameters), [`PARAMETERS`](crate::PARAMETERS) and
/// [`Configuration`](crate::Configuration) from one row for each parameter.
///
/// A row is: documentation, name on the wire (and a former name), field, type, default, what is [`Allowed`], which
/// [`Models`] take it, which parameter it needs, and, if it can change while a session runs, what an update does
/// when the value is gone: `or_unchanged` or `or_cleared`.
///
/// [`Allowed`]: crate::Allowed
/// [`Models`]: crate::Models
macro_rules! parameters {
    (
        required { $(
            $( #[$about:meta] )*
            $name:literal => $field:ident: $type:ty = $default:expr, allowed: $allowed:expr;
        )* }
        optional { $(
            $( #[$optional_about:meta] )*
            $optional_name:literal $( | $former_name:literal )? =>
                $optional_field:ident: $optional_type:ty $( = $optional_default:expr )?,
                allowed: $optional_allowed:expr, models: $models:ident
                $( , needs: $needs:literal )? $( , live: $live:ident )?;
        )* }
    ) => {
        /// What a client asks of a session, as query parameters of the WebSocket's URL.
        ///
        /// `None` leaves the choice to the service. Field names in JSON are the names on the wire. Sources, where no
        /// other is named: the API reference and AssemblyAI's SDKs.
        #[derive(Debug, Clone, PartialEq)]
        pub struct StreamingParameters {
            $(
                $( #[$about] )*
                ///
                #[doc = concat!("On the wire `", $name, "`, allowed `", stringify!($allowed), "`, all models.")]
                pub $field: $type,
            )*
            $(
                $( #[$optional_about] )*
                ///
                #[doc = concat!(
                    "On the wire `", $optional_name, "`, allowed `", stringify!($optional_allowed),
                    "`, models [`", stringify!($models), "`](crate::Models::", stringify!($models), ")",
                    $( ", only with `", $needs, "`", )? $( "; can change live, ", stringify!($live), )? "."
                )]
                pub $optional_field: Option<$optional_type>,
            )*
        }

        impl Default for StreamingParameters {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    $( $optional_field: None$( .or(Some($optional_default)) )?, )*
                }
            }
        }

        /// All parameters of [`StreamingParameters`], in the order in which they are sent.
        pub const PARAMETERS: &[Parameter] = &[
            $( Parameter {
                name: $name,
                allowed: $allowed,
                models: Models::All,
                needs: None,
                changes_live: false,
            }, )*
            $( Parameter {
                name: $optional_name,
                allowed: $optional_allowed,
                models: Models::$models,
                needs: first(&[$( $needs )?]),
                changes_live: first(&[$( stringify!($live) )?]).is_some(),
            }, )*
        ];

        impl StreamingParameters {
            /// The values in the order of [`PARAMETERS`].
            pub(super) fn values(&self) -> [Option<Value<'_>>; PARAMETERS.len()] {
                [
                    $( Some(Value::from(&self.$field)), )*
                    $( self.$optional_field.as_ref().map(Value::from), )*
                ]
            }

            /// Reads the value of the parameter `name`; skips it if there is no such parameter.
            pub(super) fn read_value(&mut self, name: &str, value: Json) -> serde_json::Result<()> {
                match name {
                    $( $name => self.$field = serde_json::from_value(value)?, )*
                    $( $optional_name $( | $former_name )? => {
                        self.$optional_field = serde_json::from_value(value)?;
                    } )*
                    _ => {}
                }
                Ok(())
            }
        }

        /// What can change while a session runs; `None` leaves a value as it is.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(from = "StreamingParameters")]
        pub struct Configuration {
            $( $(
                #[doc = concat!(
                    "See [`StreamingParameters::", stringify!($optional_field), "`]; if it is no longer set: `",
                    stringify!($live), "`."
                )]
                #[serde(rename = $optional_name, skip_serializing_if = "Option::is_none")]
                pub $optional_field: Option<$optional_type>,
            )? )*
        }

        impl Configuration {
            /// The values of the parameters that `has_changed` names.
            pub(super) fn of(new: &StreamingParameters, has_changed: impl Fn(&str) -> bool) -> Self {
                Self {
                    $( $( $optional_field: $live(has_changed($optional_name), new.$optional_field.as_ref()), )? )*
                }
            }
        }
    };
}
