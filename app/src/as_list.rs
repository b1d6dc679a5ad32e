//! How the server sends data to islands: as lists, without the names of the fields. Reading fields by name would make
//! the client several kilobytes larger.

/// Serializes a struct as a list of these fields. Other fields are not sent.
macro_rules! as_list {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl serde::Serialize for $name {
            #[cfg(feature = "ssr")]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)*).serialize(serializer)
            }

            // Only the server sends them.
            #[cfg(not(feature = "ssr"))]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            #[allow(clippy::needless_update)]
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let ($($field,)*): ($($type,)*) = serde::Deserialize::deserialize(deserializer)?;
                Ok(Self { $($field,)* ..Self::default() })
            }
        }
    };
}

/// A struct of texts in the language of the page.
macro_rules! island_texts {
    ($(#[$about:meta])* pub struct $name:ident { $($(#[$text_about:meta])* pub $text:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$text_about])* pub $text: String,)*
        }

        impl serde::Serialize for $name {
            #[cfg(feature = "ssr")]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                [$(&self.$text,)*].as_slice().serialize(serializer)
            }

            #[cfg(not(feature = "ssr"))]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let texts: Vec<String> = serde::Deserialize::deserialize(deserializer)?;
                let mut texts = texts.into_iter();
                Ok(Self { $($text: texts.next().unwrap_or_default(),)* })
            }
        }
    };
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::serde_json;

    #[derive(Debug, Default, PartialEq)]
    struct Day {
        name: String,
        free: Option<u32>,
        taken: bool,
    }

    as_list!(Day { name: String, free: Option<u32>, });

    island_texts! {
        pub struct Texts { pub open, pub close, }
    }

    #[test]
    fn a_struct_is_a_list_of_the_fields_that_are_sent() {
        let day = Day { name: "Monday".into(), free: Some(3), taken: true };
        let sent = serde_json::to_string(&day).expect("JSON");
        assert_eq!(sent, r#"["Monday",3]"#);
        let read: Day = serde_json::from_str(&sent).expect("a day");
        assert_eq!(read, Day { taken: false, ..day });
        assert!(serde_json::from_str::<Day>(r#"["Monday"]"#).is_err());
    }

    #[test]
    fn texts_keep_their_order() {
        let texts = Texts { open: "Open".into(), close: "Close".into() };
        let sent = serde_json::to_string(&texts).expect("JSON");
        assert_eq!(sent, r#"["Open","Close"]"#);
        assert_eq!(serde_json::from_str::<Texts>(&sent).expect("texts"), texts);
    }
}
