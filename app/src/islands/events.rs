//! Receives change notifications from the server while the page is visible, through an `EventSource`. Where the browser
//! has none, or the server accepts no more connections, it polls. On the server this module does nothing.

#[cfg(feature = "hydrate")]
mod real {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use leptos::prelude::{IntervalHandle, document, set_interval_with_handle, window};
    use web_sys::wasm_bindgen::JsCast;
    use web_sys::wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, MessageEvent};

    const POLL_EVERY: Duration = Duration::from_secs(30);
    /// Polling requests are spread over this time, in milliseconds.
    const POLL_WITHIN: f64 = 2_000.0;

    struct Watch {
        address: Box<dyn Fn() -> String>,
        heard: Rc<dyn Fn(f64)>,
        /// Hears of everything: messages, errors, and whether the page is looked at.
        listener: RefCell<Option<js_sys::Function>>,
        source: RefCell<Option<EventSource>>,
        poll: RefCell<Option<IntervalHandle>>,
    }

    impl Watch {
        fn on(&self, event: &Event) {
            match event.type_().as_str() {
                "message" => {
                    let data = event.dyn_ref::<MessageEvent>().and_then(|it| it.data().as_string());
                    (self.heard)(
                        data.and_then(|data| data.parse::<u32>().ok())
                            .map_or(POLL_WITHIN, f64::from),
                    );
                }
                "error" => {
                    // The browser reconnects after a lost connection, but not after a refused one.
                    let closed = |it: &EventSource| it.ready_state() == EventSource::CLOSED;
                    if self.source.borrow().as_ref().is_some_and(closed) {
                        self.stop();
                        self.poll();
                    }
                }
                // A page in the back/forward cache keeps no connection.
                "pagehide" => self.stop(),
                _ if document().hidden() => self.stop(),
                _ => self.start(),
            }
        }

        fn start(&self) {
            if self.source.borrow().is_some() {
                return;
            }
            self.stop();
            // Throws when the browser has no `EventSource`.
            match EventSource::new(&(self.address)()) {
                Ok(source) => {
                    source.set_onmessage(self.listener.borrow().as_ref());
                    source.set_onerror(self.listener.borrow().as_ref());
                    *self.source.borrow_mut() = Some(source);
                }
                Err(_) => self.poll(),
            }
        }

        fn poll(&self) {
            let heard = self.heard.clone();
            let poll = set_interval_with_handle(move || heard(POLL_WITHIN), POLL_EVERY);
            *self.poll.borrow_mut() = poll.ok();
        }

        fn stop(&self) {
            if let Some(source) = self.source.take() {
                source.close();
            }
            if let Some(poll) = self.poll.take() {
                poll.clear();
            }
        }
    }

    /// `heard` gets the milliseconds within which to ask. Goes on for as long as the page is there.
    pub fn watch(address: impl Fn() -> String + 'static, heard: impl Fn(f64) + 'static) {
        let watch = Rc::new(Watch {
            address: Box::new(address),
            heard: Rc::new(heard),
            listener: RefCell::default(),
            source: RefCell::default(),
            poll: RefCell::default(),
        });
        let listener = {
            let watch = watch.clone();
            Closure::<dyn FnMut(Event)>::new(move |event| watch.on(&event)).into_js_value()
        };
        let listener: js_sys::Function = listener.unchecked_into();
        let _ = document().add_event_listener_with_callback("visibilitychange", &listener);
        for name in ["pagehide", "pageshow"] {
            let _ = window().add_event_listener_with_callback(name, &listener);
        }
        *watch.listener.borrow_mut() = Some(listener);
        if !document().hidden() {
            watch.start();
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub fn watch(_address: impl Fn() -> String + 'static, _heard: impl Fn(f64) + 'static) {}
}

pub use real::watch;
