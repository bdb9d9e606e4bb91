namespace IstioAdmin.Core;

/// <summary>How long operations talk to whoever runs them. Hosts bring the calls to the right place (in PowerShell: the pipeline thread).</summary>
public interface IReporter
{
    /// <summary>Something the administrator should know although the operation goes on.</summary>
    void Warn(string message);

    /// <summary>Detail for those who asked for it (<c>-Verbose</c>). Never holds a secret.</summary>
    void Detail(string message);

    /// <summary>Progress of a wait.</summary>
    /// <param name="activity">What is going on as a whole.</param>
    /// <param name="status">What it is doing now.</param>
    /// <param name="percent">0 to 100, or null when the end is unknown.</param>
    void Progress(string activity, string status, int? percent = null);
}
