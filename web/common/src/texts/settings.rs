//! The texts of the settings panel. The help texts summarise AssemblyAI's documentation on speed and accuracy.

use super::Text;

texts! {
    behind super::TABLE.len() as u16;

    // The panel.
    SETTINGS: "Settings", "Einstellungen";
    INTRODUCTION: "Empty settings use the server’s defaults. Your changes are stored in this browser only.",
        "Leere Felder übernehmen die Vorgaben des Servers. Änderungen werden nur in diesem Browser gespeichert.";
    RESET: "Reset all", "Alles zurücksetzen";
    EMPTIED: "Once you save, the server’s defaults apply again.",
        "Nach dem Sichern gelten wieder die Vorgaben des Servers.";
    NOT_KEPT: "This browser stores nothing for the page, so nothing was saved. Allow it to store data for this site.",
        "Dieser Browser speichert nichts für diese Seite, deshalb wurde nichts gesichert. Erlaube ihm, Daten für sie zu speichern.";

    // The result of saving.
    UNCHANGED: "Nothing was changed.", "Nichts wurde geändert.";
    SAVED_FOR_NEXT: "Saved. It applies from the next recording on.", "Gesichert. Es gilt ab der nächsten Aufnahme.";
    SAVED: "Saved.", "Gesichert.";
    IN_EFFECT: "In effect now: {}.", "Gilt ab jetzt: {}.";
    WAITS: "From the next start: {}.", "Gilt ab dem nächsten Start: {}.";
    AT_ONCE: "Takes effect at once, while you record.", "Gilt sofort, noch während du aufnimmst.";
    AT_NEXT_START: "Takes effect at the next start: this recording goes on as it is.",
        "Gilt ab dem nächsten Start: Diese Aufnahme läuft weiter wie bisher.";
    SENT_LATE: "This is long. It is sent once the connection is open, because many proxies refuse an address of more than 8\u{a0}kB.",
        "Das ist lang. Es wird gesendet, sobald die Verbindung steht, denn viele Proxys weisen eine Adresse von mehr als 8\u{a0}kB ab.";
    CANNOT_BE_TAKEN_BACK: "Takes effect at the next start: the service cannot take a value back while it listens.",
        "Gilt ab dem nächsten Start: Der Dienst kann einen Wert nicht zurücknehmen, während er zuhört.";
    WITH_NEXT_RECORDING: "Takes effect with the next recording.", "Gilt ab der nächsten Aufnahme.";

    // Values of the controls.
    DEFAULT_OF_SERVER: "Server’s default: {}", "Vorgabe des Servers: {}";
    DEFAULT_OF_SERVICE: "Left to the service", "Dem Dienst überlassen";
    ON: "On", "Ein";
    OFF: "Off", "Aus";
    NOT_WITH_MODEL: "The chosen model does not take this; it is not sent.",
        "Das gewählte Modell nimmt das nicht an; es wird nicht gesendet.";
    ONLY_WITH: "Only with “{}”; otherwise it is not sent.", "Nur mit „{}“; sonst wird es nicht gesendet.";

    // Invalid input.
    TAKES: "Please enter {}.", "Gib {} ein.";
    WHOLE_NUMBER: "a whole number from {} to {}", "eine ganze Zahl von {} bis {}";
    ZERO_OR: "0, or a whole number from {} to {}", "0 oder eine ganze Zahl von {} bis {}";
    FRACTION: "a number from 0 to 1", "eine Zahl von 0 bis 1";
    ONE_OF: "one of {}", "eines von {}";
    TEXT_OF: "text of at most {}\u{a0}characters", "Text von höchstens {}\u{a0}Zeichen";
    TEXTS_OF: "at most {}\u{a0}terms of at most {}\u{a0}characters, one per line",
        "höchstens {}\u{a0}Begriffe von höchstens {}\u{a0}Zeichen, einen pro Zeile";
    LANGUAGES_OF: "at most {} codes, or multi alone, out of {}", "höchstens {} Kürzel, oder multi allein, aus {}";
    MODEL_NAME: "a name of letters, digits, dots, hyphens and underscores",
        "einen Namen aus Buchstaben, Ziffern, Punkten, Binde- und Unterstrichen";
    ANY_NUMBER: "a whole number", "eine ganze Zahl";
    POLICY_NAMES: "names in small letters such as person_name, one per line",
        "Namen in Kleinbuchstaben wie person_name, einen pro Zeile";
    SOME_VALUE: "another value", "einen anderen Wert";

    // The groups.
    GROUP_MODEL: "Model and region", "Modell und Region";
    GROUP_LANGUAGE: "Language and vocabulary", "Sprache und Wortschatz";
    GROUP_TURNS: "Turn detection", "Erkennung der Abschnitte";
    GROUP_SPEAKERS: "Speakers", "Sprecher";
    GROUP_PRIVACY: "Privacy", "Datenschutz";
    GROUP_MICROPHONE: "Microphone and voice focus", "Mikrofon und Stimmfokus";
    GROUP_AUDIO: "Audio encoding", "Kodierung des Tons";
    GROUP_ADVANCED: "Advanced", "Erweitert";

    // Model and region.
    MODEL: "Model", "Modell";
    MODEL_HELP: "Pro models (u3-rt-pro, universal-3-…) are the most accurate and send whole phrases; universal-streaming sends word by word. A name that is not listed is passed on as it is.",
        "Pro-Modelle (u3-rt-pro, universal-3-…) sind am genauesten und senden ganze Wortgruppen; universal-streaming sendet Wort für Wort. Ein Name, der nicht in der Liste steht, wird unverändert weitergegeben.";
    REGION: "Region", "Region";
    REGION_HELP: "Where speech is processed. The nearest one answers fastest; US and EU keep it there.",
        "Wo die Sprache verarbeitet wird. Die nächstgelegene antwortet am schnellsten; bei USA und EU bleibt sie dort.";
    REGION_GLOBAL: "Nearest (US or EU)", "Die nächstgelegene (USA oder EU)";
    REGION_US: "United States", "USA";
    REGION_EU: "European Union", "Europäische Union";

    // Language and vocabulary.
    LANGUAGE_DETECTION: "Detect the language of each turn", "Sprache jedes Abschnitts erkennen";
    LANGUAGE_DETECTION_HELP: "Adds the language to final turns. Costs hardly any time.",
        "Schreibt die Sprache zu fertigen Abschnitten. Kostet kaum Zeit.";
    LANGUAGE_CODES: "Languages to expect", "Erwartete Sprachen";
    LANGUAGE_CODES_HELP: "Codes such as de, en, with the likeliest first; at most 10, or multi alone. More accurate where they are right, less where another one is spoken.",
        "Kürzel wie de, en, die wahrscheinlichste zuerst; höchstens 10, oder multi allein. Genauer, wenn sie stimmen, ungenauer, wenn eine andere gesprochen wird.";
    KEYTERMS: "Key terms", "Schlüsselbegriffe";
    KEYTERMS_HELP: "Names and words to expect, one per line; at most 100 of at most 50\u{a0}characters. Makes them likelier to be heard right.",
        "Namen und Wörter, die vorkommen, einer pro Zeile; höchstens 100 von höchstens 50\u{a0}Zeichen. So werden sie eher richtig verstanden.";
    PROMPT: "Prompt", "Anweisung";
    PROMPT_HELP: "What the model should know of the topic or the style, at most 1750\u{a0}characters. A bad one costs accuracy: try without first.",
        "Was das Modell über Thema oder Stil wissen soll, höchstens 1750\u{a0}Zeichen. Eine schlechte kostet Genauigkeit: Versuche es zuerst ohne.";
    DOMAIN: "Field", "Fachgebiet";
    DOMAIN_HELP: "Medical knows more medical terms, in English, Spanish, German and French; in others the service warns and ignores it.",
        "„Medizin“ kennt mehr Fachwörter, auf Englisch, Spanisch, Deutsch und Französisch; sonst warnt der Dienst und lässt es weg.";
    DOMAIN_MEDICAL: "Medical", "Medizin";

    // Turn detection.
    PRESETS: "Presets", "Voreinstellungen";
    PRESET_FAST: "Fast", "Schnell";
    PRESET_BALANCED: "Balanced", "Ausgewogen";
    PRESET_ACCURATE: "Accurate", "Genau";
    PRESETS_HELP: "Fast ends turns at short pauses, and may cut sentences in two. Accurate waits longer, for whole sentences.",
        "„Schnell“ beendet Abschnitte schon bei kurzen Pausen und zerteilt manchmal Sätze. „Genau“ wartet länger, dafür bleiben Sätze ganz.";
    MODE: "Preset of the model", "Voreinstellung des Modells";
    MODE_HELP: "Sets the pauses and the delay of the first words together; the numbers below override it. It has no effect with speaker labels.",
        "Stellt Pausen und Verzögerung der ersten Wörter zusammen ein; Zahlen weiter unten gehen vor. Mit Sprechererkennung wirkt sie nicht.";
    MODE_FAST: "Fast: pauses of 128 and 640\u{a0}ms, words at once",
        "Schnell: Pausen von 128 und 640\u{a0}ms, Wörter sofort";
    MODE_BALANCED: "Balanced: pauses of 128 and 1280\u{a0}ms, words after 500\u{a0}ms",
        "Ausgewogen: Pausen von 128 und 1280\u{a0}ms, Wörter nach 500\u{a0}ms";
    MODE_ACCURATE: "Accurate: pauses of 512 and 2560\u{a0}ms, words after 500\u{a0}ms",
        "Genau: Pausen von 512 und 2560\u{a0}ms, Wörter nach 500\u{a0}ms";
    MIN_SILENCE: "Pause that ends a complete sentence, in ms", "Pause, die einen vollständigen Satz beendet, in ms";
    MIN_SILENCE_HELP: "50 to 10000. A short one is fast; a long one keeps a sentence together when the speaker pauses to think.",
        "50 bis 10000. Eine kurze ist schnell; eine lange hält einen Satz zusammen, in dem jemand kurz nachdenkt.";
    MAX_SILENCE: "Pause that ends any turn, in ms", "Pause, die jeden Abschnitt beendet, in ms";
    MAX_SILENCE_HELP: "50 to 10000. A short one is fast; a long one is for those who pause in the middle of a sentence.",
        "50 bis 10000. Eine kurze ist schnell; eine lange ist für alle, die mitten im Satz innehalten.";
    CONFIDENCE: "How sure the model must be that a turn has ended", "Wie sicher das Ende eines Abschnitts sein muss";
    CONFIDENCE_HELP: "0 to 1. A low value is fast: 0 ends turns at any pause of the first length; 1 waits for the second in each case.",
        "0 bis 1. Ein niedriger Wert ist schnell: 0 beendet Abschnitte bei jeder Pause der ersten Länge; 1 wartet immer auf die zweite.";
    INTERRUPTION: "Delay of a turn’s first words, in ms", "Verzögerung der ersten Wörter eines Abschnitts, in ms";
    INTERRUPTION_HELP: "0 to 1000; the service adds 256. With a low value words appear sooner; with a high one fewer change again.",
        "0 bis 1000; der Dienst zählt 256 dazu. Bei kleinen Werten erscheinen Wörter früher; bei großen ändern sich weniger noch einmal.";
    VAD: "How much a sound must resemble speech", "Wie sehr ein Geräusch nach Sprache klingen muss";
    VAD_HELP: "0 to 1. A high value keeps noise out of pauses, so that turns end in loud rooms; a low one hears quiet voices.",
        "0 bis 1. Ein hoher Wert hält Lärm aus den Pausen heraus, damit Abschnitte auch in lauten Räumen enden; ein niedriger erfasst leise Stimmen.";
    FORMAT: "Punctuation and capitals", "Satzzeichen und Großschreibung";
    FORMAT_HELP: "Pro models always write them. With universal-streaming the written form comes a moment after the words.",
        "Pro-Modelle schreiben sie immer. Bei universal-streaming kommen sie kurz nach den Wörtern.";

    // Speakers.
    SPEAKER_LABELS: "Tell speakers apart", "Sprecher unterscheiden";
    SPEAKER_LABELS_HELP: "Turns then end where the speaker changes, by rules of their own: presets have no effect, and words come later.",
        "Abschnitte enden dann beim Wechsel des Sprechers, nach eigenen Regeln: Voreinstellungen wirken nicht, und Wörter kommen später.";
    MAX_SPEAKERS: "Maximum number of speakers", "Höchstzahl der Sprecher";
    MAX_SPEAKERS_HELP: "1 to 10. More accurate if you know the number; a speaker beyond it gets the label of another.",
        "1 bis 10. Genauer, wenn du die Zahl kennst; weitere Sprecher erhalten die Bezeichnung eines anderen.";
    REVISIONS: "Audio between two revisions of speakers, in ms",
        "Ton zwischen zwei Korrekturen der Sprecherzuordnung, in ms";
    REVISIONS_HELP: "120000 to 300000, or 0 for one at the end. Each revision checks who said what so far.",
        "120000 bis 300000, oder 0 für eine am Ende. Jede prüft, wer bisher was gesagt hat.";

    // Privacy.
    PROFANITY: "Hide swearing", "Flüche verbergen";
    PROFANITY_HELP: "Replaces swear words with asterisks.", "Ersetzt Flüche durch Sternchen.";
    PII: "Hide personal data", "Persönliche Daten verbergen";
    PII_HELP: "Hides names, numbers, addresses and more. A turn is then shown only once it is final, so words come later.",
        "Verbirgt Namen, Nummern, Adressen und mehr. Ein Abschnitt erscheint dann erst, wenn er feststeht, Wörter kommen also später.";
    POLICIES: "Which data is personal", "Welche Daten persönlich sind";
    POLICIES_HELP: "The service’s names, such as person_name, phone_number, email_address, credit_card_number, location, date_of_birth, one per line; if empty, all.",
        "Die Namen des Dienstes wie person_name, phone_number, email_address, credit_card_number, location, date_of_birth, einer pro Zeile; leer heißt alle.";
    PII_SUB: "Replacement for personal data", "Ersatz für persönliche Daten";
    PII_SUB_HELP: "Hash signs, or the kind of data, which reads better.",
        "Rauten, oder die Art der Daten, was sich besser liest.";
    SUB_HASH: "Hash signs", "Rauten";
    SUB_NAME: "The kind of data", "Die Art der Daten";
    SUPPORT: "Let AssemblyAI’s support keep the audio", "AssemblyAIs Support darf den Ton behalten";
    SUPPORT_HELP: "Only if their support has asked for it, to investigate a fault.",
        "Nur wenn der Support darum gebeten hat, um einem Fehler nachzugehen.";

    // Microphone and voice focus.
    VOICE_FOCUS: "Voice focus", "Stimmfokus";
    VOICE_FOCUS_HELP: "Keeps other voices and noise out. More accurate with one speaker in a loud room; not for several speakers.",
        "Hält andere Stimmen und Lärm heraus. Genauer bei einem Sprecher in lauter Umgebung; nichts für mehrere Sprecher.";
    FOCUS_NEAR: "Near: a headset, or a phone at the ear", "Nah: ein Headset oder Telefon am Ohr";
    FOCUS_FAR: "Far: a microphone in the room", "Fern: ein Mikrofon im Raum";
    FOCUS_THRESHOLD: "How much is kept out", "Wie viel herausgehalten wird";
    FOCUS_THRESHOLD_HELP: "0 to 1. If it is too high, your own quiet words are lost.",
        "0 bis 1. Bei zu hohem Wert gehen eigene leise Wörter verloren.";

    // Audio encoding.
    ENCODING: "Encoding", "Kodierung";
    ENCODING_HELP: "µ-law halves the network traffic; quiet speech loses a little. The page’s own recording stays as it is.",
        "µ-law halbiert die Daten im Netz; leise Sprache verliert etwas. Die Aufnahme der Seite bleibt, wie sie ist.";
    ENCODING_PCM: "PCM, 16\u{a0}bits", "PCM, 16\u{a0}Bit";
    ENCODING_MULAW: "µ-law, 8\u{a0}bits", "µ-law, 8\u{a0}Bit";
    SAMPLE_RATE: "Sample rate", "Abtastrate";
    SAMPLE_RATE_HELP: "8\u{a0}kHz is telephone quality: half the network traffic, and less accurate.",
        "8\u{a0}kHz ist Telefonqualität: halb so viele Daten im Netz, und ungenauer.";
    RATE_16: "16\u{a0}kHz", "16\u{a0}kHz";
    RATE_8: "8\u{a0}kHz", "8\u{a0}kHz";

    // Advanced.
    STANDBY_TIME: "Standby when nobody speaks", "Bereitschaft, wenn niemand spricht";
    STANDBY_HELP: "Closes the connection, which is billed while it is open; the first word opens another, and no word is lost. With speaker labels it stays open.",
        "Schließt die Verbindung, die Geld kostet, solange sie offen ist; das erste Wort öffnet eine neue, und kein Wort geht verloren. Mit Sprechererkennung bleibt sie offen.";
    STANDBY_NEVER: "Never", "Nie";
    STANDBY_AFTER: "After {}\u{a0}s", "Nach {}\u{a0}s";
    CONTINUOUS: "Words about every second", "Wörter etwa jede Sekunde";
    CONTINUOUS_HELP: "Off: words come at pauses only, which is calmer to read and slower.",
        "Aus: Wörter kommen nur bei Pausen, das liest sich ruhiger und ist langsamer.";
    PARTIALS: "Show words before they are final", "Wörter zeigen, bevor sie feststehen";
    PARTIALS_HELP: "Off: a turn appears only once it has ended.",
        "Aus: Ein Abschnitt erscheint erst, wenn er zu Ende ist.";
    TURN_DURATION: "Where a long turn is cut", "Wo ein langer Abschnitt geteilt wird";
    TURN_DURATION_HELP: "By default after 60\u{a0}s, with speaker labels after 10\u{a0}s. AssemblyAI does not document the unit of this number.",
        "Ohne Angabe nach 60\u{a0}s, mit Sprechererkennung nach 10\u{a0}s. In welcher Einheit die Zahl zählt, sagt AssemblyAI nicht.";
    LEFT_PAD: "Audio before a turn that is heard again, in ms",
        "Ton vor einem Abschnitt, der noch einmal gehört wird, in ms";
    LEFT_PAD_HELP: "In AssemblyAI’s libraries, but not in its documentation. A long one may save a cut first word.",
        "In AssemblyAIs Bibliotheken, aber nicht in der Dokumentation. Ein langer Vorlauf rettet vielleicht ein abgeschnittenes erstes Wort.";
    AGENT_CONTEXT: "What the other side said last", "Was die Gegenseite zuletzt gesagt hat";
    AGENT_CONTEXT_HELP: "A question to which the next turn is the answer, at most 1750\u{a0}characters: short answers are heard better.",
        "Eine Frage, auf die der nächste Abschnitt antwortet, höchstens 1750\u{a0}Zeichen: So werden kurze Antworten besser verstanden.";
    PREVIOUS_TURNS: "Turns that the model remembers", "Abschnitte, an die sich das Modell erinnert";
    PREVIOUS_TURNS_HELP: "0 to 100, by default 5. More keeps names consistent; less keeps one mistake from leading to the next.",
        "0 bis 100, ohne Angabe 5. Mehr hält Namen einheitlich; weniger verhindert, dass ein Fehler den nächsten nach sich zieht.";
    INACTIVITY: "Time without audio that ends the session, in s", "Zeit ohne Ton, die die Sitzung beendet, in s";
    INACTIVITY_HELP: "5 to 3600. An open session is billed even while nobody speaks.",
        "5 bis 3600. Eine offene Sitzung kostet, auch wenn niemand spricht.";
}
