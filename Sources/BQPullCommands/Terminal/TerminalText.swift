import TextSupport

/// Text that is safe to show: control, format and other hidden characters of the texts it is made from are escaped.
///
/// Standard error accepts nothing else, so that no caller can forget to escape what comes from a server, a database, a
/// file name or an argument.
struct TerminalText {
    /// How a word stands out, where the terminal shows it.
    enum Style: String {
        case red = "1;31"
        case yellow = "1;33"
        case bold = "1"
    }

    /// The escaped text, with the codes of its styles.
    let text: String

    /// Escapes a text of one or more lines; line feeds and tabs stay.
    init(_ text: String) {
        self.text = printableLines(text)
    }

    private init(escaped text: String) {
        self.text = text
    }

    /// JSON, with its hidden characters as `\uXXXX`.
    static func json(_ document: String) -> TerminalText {
        TerminalText(escaped: printableJSON(document))
    }

    /// The text in a style; plain if standard error is not a terminal that shows it, or the user does not want it.
    func styled(_ style: Style) -> TerminalText {
        Self.hasStyles ? TerminalText(escaped: "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m") : self
    }

    static func + (left: TerminalText, right: TerminalText) -> TerminalText {
        TerminalText(escaped: left.text + right.text)
    }

    /// Not for those who set `NO_COLOR` to something (https://no-color.org), nor on a terminal that has none.
    private static let hasStyles =
        StandardError.isTerminal && ProcessEnvironment.value("NO_COLOR") == nil
        && ![nil, "dumb"].contains(ProcessEnvironment.value("TERM"))
}
