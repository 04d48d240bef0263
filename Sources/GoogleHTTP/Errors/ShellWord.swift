/// A text as a shell reads it as one word, whatever is in it.
package func shellWord(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
}
