namespace IstioAdmin.Core.Kube.Exec;

/// <summary>Where a command wrote. The values are the channel numbers of the remote command protocol.</summary>
public enum ExecSource
{
    /// <summary>Standard output.</summary>
    Output = 1,

    /// <summary>Standard error.</summary>
    Error = 2,
}
