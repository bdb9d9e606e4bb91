namespace IstioAdmin.Core.Pke.Requests;

/// <summary>What is wrong with a request: everything at once, so that nobody has to correct it one mistake at a time.</summary>
internal sealed class Problems
{
    private readonly List<string> _found = [];

    public bool Any => _found.Count > 0;

    public void Add(string problem) => _found.Add(problem);

    public void AddIf(bool wrong, string problem)
    {
        if (wrong)
            Add(problem);
    }

    /// <exception cref="MeshException">Something is wrong (<c>PkeRequestInvalid</c>).</exception>
    /// <param name="what">What was asked for, as it begins a sentence: <c>Cluster 'demo'</c>.</param>
    /// <param name="target">What the error is about.</param>
    /// <param name="done">What cannot be done with it.</param>
    public void ThrowIfAny(string what, object? target, string done = "made")
    {
        if (_found is [var only])
            throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"{what} cannot be {done} so: {only}.", "Correct it; nothing was sent to Pipeline.", target);
        if (Any)
        {
            throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"{what} cannot be {done} so: {string.Join("; ", _found.Select((problem, i) => $"({i + 1}) {problem}"))}.",
                "Correct these; nothing was sent to Pipeline.", target);
        }
    }
}
