using System.Text;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// Splits a line into words as iptables-restore does (<c>add_param_to_argv</c>, iptables/xshared.c): blanks (and, for texts that
/// passed through Windows, carriage returns) part words,
/// double quotes hold them together, a backslash inside quotes takes the next character as it is.
/// </summary>
internal ref struct WordReader
{
    private readonly ReadOnlySpan<char> _text;
    private ReadOnlySpan<char> _word;
    private bool _hasInnerQuotes; // the word is as written; most words are only skipped

    public WordReader(ReadOnlySpan<char> text, int start = 0)
    {
        _text = text;
        Position = start;
    }

    /// <summary>Where the next word is looked for.</summary>
    public int Position { get; set; }

    /// <summary>Where the current word starts.</summary>
    public int Start { get; private set; }

    /// <summary>The current word without quotes.</summary>
    public ReadOnlySpan<char> Word
    {
        get
        {
            if (_hasInnerQuotes)
                Word = WithoutQuotes(_word);
            return _word;
        }
        private set
        {
            _word = value;
            _hasInnerQuotes = false;
        }
    }

    /// <summary>Whether the current word had quotes, and so is a value even if it looks like an option.</summary>
    public bool Quoted { get; private set; }

    /// <summary>Whether the current word's closing quote is missing.</summary>
    public bool Unclosed { get; private set; }

    /// <summary>Moves to the next word without a meaning for quotes, as in lines that declare tables and chains.</summary>
    public bool NextPlain()
    {
        SkipBlanks();
        Start = Position;
        Quoted = Unclosed = false;
        int end = _text[Start..].IndexOfAny(' ', '\t', '\r');
        Position = end < 0 ? _text.Length : Start + end;
        Word = _text[Start..Position];
        return Position > Start;
    }

    /// <summary>Moves to the next word; false at the end.</summary>
    public bool Next()
    {
        SkipBlanks();
        int i = Start = Position;
        Quoted = Unclosed = false;
        if (i >= _text.Length)
        {
            Word = default;
            return false;
        }
        int end = EndOfPlain(i);
        if (end == _text.Length || _text[end] != '"')
        {
            Word = _text[i..end];
            Position = end;
            return true;
        }
        // Mostly the quotes stand round the whole word and nothing in it needs a backslash: then the word is a part of the text.
        if (end == i && _text[(i + 1)..].IndexOfAny('"', '\\') is >= 0 and var length && _text[i + 1 + length] == '"' && IsEnd(i + length + 2))
        {
            Quoted = true;
            Word = _text.Slice(i + 1, length);
            Position = i + length + 2;
            return true;
        }
        ReadQuoted(i);
        return true;
    }

    private bool IsEnd(int position) => position >= _text.Length || _text[position] is ' ' or '\t' or '\r';

    // Words are short, so that a vectorised search costs more than it saves.
    private int EndOfPlain(int i)
    {
        while (i < _text.Length && _text[i] is not (' ' or '\t' or '\r' or '"'))
            i++;
        return i;
    }

    private void SkipBlanks()
    {
        int i = Position;
        while (i < _text.Length && _text[i] is (' ' or '\t' or '\r'))
            i++;
        Position = i;
    }

    private void ReadQuoted(int i)
    {
        Quoted = true;
        bool inside = false;
        for (; i < _text.Length; i++)
        {
            char c = _text[i];
            if (c == '"')
                inside = !inside;
            else if (inside && c == '\\' && i + 1 < _text.Length)
                i++;
            else if (!inside && (c is ' ' or '\t' or '\r'))
                break;
        }
        Unclosed = inside;
        Position = i;
        Word = _text[Start..i];
        _hasInnerQuotes = true;
    }

    private static string WithoutQuotes(ReadOnlySpan<char> written)
    {
        var word = new StringBuilder(written.Length);
        bool inside = false;
        for (int i = 0; i < written.Length; i++)
        {
            char c = written[i];
            if (c == '"')
                inside = !inside;
            else if (inside && c == '\\' && i + 1 < written.Length)
                word.Append(written[++i]);
            else
                word.Append(c);
        }
        return word.ToString();
    }
}
