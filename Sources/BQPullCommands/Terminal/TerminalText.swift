import TextSupport

/// Text that is safe to print: its control, format and other hidden characters are escaped.
///
/// Standard error accepts nothing else, so that no caller can forget to escape text from a server, a database, a file
/// name or an argument.
struct TerminalText {
    /// The SGR parameters of a style.
    enum Style: String {
        case red = "1;31"
        case yellow = "1;33"
        case bold = "1"
    }

    /// The escaped text, with the control sequences of its styles.
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

    /// The text in a style; plain if styles are off.
    func styled(_ style: Style) -> TerminalText {
        Self.hasStyles ? TerminalText(escaped: "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m") : self
    }

    static func + (left: TerminalText, right: TerminalText) -> TerminalText {
        TerminalText(escaped: left.text + right.text)
    }

    /// Off if `NO_COLOR` is set (https://no-color.org), and on terminals without colors.
    private static let hasStyles =
        StandardError.isTerminal && ProcessEnvironment.value("NO_COLOR") == nil
        && ![nil, "dumb"].contains(ProcessEnvironment.value("TERM"))
}
