namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>One thing to do on one machine.</summary>
/// <param name="Host">The machine.</param>
/// <param name="Role"><c>single</c>, <c>master</c> or <c>worker</c>.</param>
/// <param name="Command">The command as it will run there; the join token, which is fetched later, stands as a word in angle brackets.</param>
public sealed record HostStep(PkeHost Host, string Role, string Command)
{
    /// <summary>What is to be done, as a question to the administrator has it.</summary>
    public string Action => $"Run '{Command}'";
}
