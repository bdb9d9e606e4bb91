namespace IstioAdmin.Iptables.Redirection;

/// <summary>A setting has a value from which no rule can be written. The message names the setting, the value and the way out.</summary>
public sealed class RedirectionSettingException : ArgumentException
{
    /// <summary>Creates the error.</summary>
    /// <param name="setting">Name of the property of <see cref="PodRedirectionSettings"/>.</param>
    /// <param name="value">What it holds, or the part of it that is wrong.</param>
    /// <param name="problem">What is wrong with it; continues "setting 'value'".</param>
    /// <param name="remedy">What to give instead, as a sentence.</param>
    public RedirectionSettingException(string setting, string value, string problem, string remedy)
        : base($"{setting} '{value}' {problem}. {remedy}")
    {
        Setting = setting;
        Value = value;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>Name of the setting.</summary>
    public string Setting { get; }

    /// <summary>The value that is wrong.</summary>
    public string Value { get; }

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; }

    /// <summary>What to give instead, as a sentence.</summary>
    public string Remedy { get; }
}
