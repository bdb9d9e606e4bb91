using System.Text.Json;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Steps through JSON objects whose properties may come in any order. <c>null</c> counts as absent, as it does for the API server.</summary>
internal static class JsonWalk
{
    /// <summary>Goes on to the next property's name; false at the end of the object.</summary>
    public static bool NextProperty(this ref Utf8JsonReader json)
    {
        if (!json.Read())
            throw new JsonException("The JSON breaks off.");
        return json.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>From a property's name into the object that is its value; false when that is null.</summary>
    public static bool Enter(this ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
            return false;
        json.ExpectObject();
        return true;
    }

    /// <summary>From a property's name into the array that is its value; false when that is null.</summary>
    public static bool EnterArray(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.Null => false,
            JsonTokenType.StartArray => true,
            _ => throw new JsonException($"An array was expected, not {json.TokenType}."),
        };
    }

    /// <summary>Goes on to the next object of an array; false at its end.</summary>
    public static bool NextObject(this ref Utf8JsonReader json)
    {
        if (!json.NextElement())
            return false;
        json.ExpectObject();
        return true;
    }

    /// <summary>Goes on to the next element of an array; false at its end.</summary>
    public static bool NextElement(this ref Utf8JsonReader json) => json.Read() && json.TokenType != JsonTokenType.EndArray;

    /// <summary>The string that is a property's value.</summary>
    public static string? NextString(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetString();
    }

    /// <summary>The boolean that is a property's value; null counts as false.</summary>
    public static bool NextBoolean(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType != JsonTokenType.Null && json.GetBoolean();
    }

    /// <summary>The whole number that is a property's value; null when that is null.</summary>
    public static long? NextNumber(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Null ? null : json.GetInt64();
    }

    public static void ExpectString(this ref Utf8JsonReader json)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            throw new JsonException($"A string was expected, not {json.TokenType}.");
    }

    public static void ExpectObject(this ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException($"An object was expected, not {json.TokenType}.");
    }
}
