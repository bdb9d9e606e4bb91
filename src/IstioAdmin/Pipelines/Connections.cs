using IstioAdmin.Core;

namespace IstioAdmin.Pipelines;

/// <summary>What messages call a kind of connection.</summary>
/// <param name="One">One of them, in the middle of a sentence: <c>cluster</c>.</param>
/// <param name="NoneId">The failure when nothing is connected.</param>
/// <param name="UnknownId">The failure when nothing connected has a name.</param>
/// <param name="UndecidedId">The failure when none of several is the current one.</param>
/// <param name="Connect">The cmdlet that makes them.</param>
/// <param name="Choose">How to choose one of several, as a sentence.</param>
internal sealed record ConnectionWords(string One, string NoneId, string UnknownId, string UndecidedId, string Connect, string Choose)
{
    /// <summary>One of them, at the beginning of a sentence.</summary>
    public string Sentence => char.ToUpperInvariant(One[0]) + One[1..];
}

/// <summary>Connections that belong to the process, so that runspaces share them, and which of them is the current one.</summary>
internal sealed class Connections<T>
    where T : class
{
    private readonly object _gate = new();
    private readonly List<T> _connected = [];
    private readonly Func<T, string> _nameOf;
    private readonly ConnectionWords _words;
    private T? _current;

    public Connections(Func<T, string> nameOf, ConnectionWords words)
    {
        _nameOf = nameOf;
        _words = words;
    }

    /// <summary>All of them, in the order in which they were connected.</summary>
    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate)
                return [.. _connected];
        }
    }

    /// <summary>The one that commands work on unless another is named.</summary>
    public T? Current
    {
        get
        {
            lock (_gate)
                return _current;
        }
    }

    /// <summary>The current one.</summary>
    /// <exception cref="MeshException">Nothing is connected, or none of several is the current one.</exception>
    public T RequireCurrent()
    {
        lock (_gate)
        {
            return _current ?? throw (_connected.Count == 0
                ? new MeshException(_words.NoneId, FailureKind.Connection, $"No {_words.One} is connected.", $"Connect one with {_words.Connect}.")
                : new MeshException(_words.UndecidedId, FailureKind.InvalidInput, $"None of the connected {_words.One}s is the current one: {Names()}.", _words.Choose));
        }
    }

    /// <summary>Adds one and makes it the current one. Another of the same name is replaced, not closed: whoever holds it may still be using it.</summary>
    public void Add(T connection)
    {
        lock (_gate)
        {
            int index = _connected.FindIndex(known => IsNamed(known, _nameOf(connection)));
            if (index < 0)
                _connected.Add(connection);
            else
                _connected[index] = connection;
            _current = connection;
        }
    }

    /// <summary>Removes one; false when it was not connected any more. The only one that is left becomes the current one.</summary>
    public bool Remove(T connection)
    {
        lock (_gate)
        {
            if (!_connected.Remove(connection))
                return false;
            if (_current is null || _current == connection)
                _current = _connected is [var only] ? only : null;
            return true;
        }
    }

    /// <summary>Those whose name is, or matches, <paramref name="pattern"/>.</summary>
    /// <exception cref="MeshException">It has no wildcards, and nothing connected has that name.</exception>
    public IReadOnlyList<T> Find(string pattern)
    {
        IReadOnlyList<T> all = All;
        if (all.FirstOrDefault(known => IsNamed(known, pattern)) is { } named)
            return [named];
        var match = NamePattern.Parse(pattern);
        List<T> found = [.. all.Where(known => match.IsMatch(_nameOf(known)))];
        if (found.Count > 0 || match.HasWildcards)
            return found;
        throw NotConnected(match.Text);
    }

    /// <summary>The one of exactly that name.</summary>
    /// <exception cref="MeshException">Nothing connected has it.</exception>
    public T Named(string name) => All.FirstOrDefault(known => IsNamed(known, name)) ?? throw NotConnected(name);

    private MeshException NotConnected(string name)
    {
        IReadOnlyList<T> all = All;
        return new MeshException(_words.UnknownId, FailureKind.NotFound,
            all.Count == 0
                ? $"{_words.Sentence} '{name}' is not connected; no {_words.One} is."
                : $"{_words.Sentence} '{name}' is not connected. Connected: {string.Join(", ", all.Select(_nameOf))}.",
            $"Connect it with {_words.Connect}.", name);
    }

    private bool IsNamed(T connection, string name) => string.Equals(_nameOf(connection), name, StringComparison.OrdinalIgnoreCase);

    private string Names() => string.Join(", ", _connected.Select(_nameOf));
}
