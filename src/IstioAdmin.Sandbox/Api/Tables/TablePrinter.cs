using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>How a type's objects look as the rows of a table.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Cells">The cells of an object's row at a time, one for each column.</param>
internal sealed record TablePrinter(IReadOnlyList<TableColumn> Columns, Func<JsonObject, DateTimeOffset, JsonNode?[]> Cells)
{
    /// <summary>For types of which nothing better is known.</summary>
    public static TablePrinter Default { get; } = new(
        TableColumn.Parse("Name/name|Created At:date"),
        (item, _) => [item.TextAt("metadata.name"), item.TextAt("metadata.creationTimestamp")]);

    /// <summary>For types of CustomResourceDefinitions.</summary>
    public static TablePrinter ForCustom(ResourceType type)
    {
        IReadOnlyList<PrinterColumn> asked = type.PrinterColumns.Count > 0
            ? type.PrinterColumns
            : [new PrinterColumn("Age", "date", ".metadata.creationTimestamp")];
        (PrinterColumn Column, ColumnPath Path)[] columns = [.. asked.Select(column => (column, new ColumnPath(column.JsonPath)))];
        return new TablePrinter(
            [.. TableColumn.Parse("Name/name"), .. asked.Select(column => new TableColumn(column.Name, column.Type, column.Format, column.Description, column.Priority))],
            (item, now) => [item.TextAt("metadata.name"), .. columns.Select(column => column.Path.Cell(item, column.Column.Type, now))]);
    }
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its header.</param>
/// <param name="Type">string, integer, number, boolean or date.</param>
/// <param name="Format"><c>name</c> for the objects' names.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Priority">0 for always, 1 for wide tables alone.</param>
internal sealed record TableColumn(string Name, string Type, string Format, string Description, int Priority)
{
    /// <summary>Columns out of <c>Name[/format][:type][+]|…</c>; a plus stands for wide tables alone.</summary>
    public static TableColumn[] Parse(string text) => [.. text.Split('|').Select(ParseOne)];

    /// <summary>As it stands in a table.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["type"] = Type,
        ["format"] = Format,
        ["description"] = Description,
        ["priority"] = Priority,
    };

    private static TableColumn ParseOne(string text)
    {
        int priority = text.EndsWith('+') ? 1 : 0;
        string[] typed = text.TrimEnd('+').Split(':');
        string[] named = typed[0].EndsWith("/name", StringComparison.Ordinal) ? [typed[0][..^5], "name"] : [typed[0], ""];
        return new TableColumn(named[0], typed.ElementAtOrDefault(1) ?? "string", named[1], "", priority);
    }
}
