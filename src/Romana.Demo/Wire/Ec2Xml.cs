using System.Globalization;
using System.Text;
using System.Xml;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>Writes EC2's answers: elements in the namespace of the API version, lists as xxxSet of item.</summary>
internal sealed class Ec2Xml : IDisposable
{
    private const string Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(false),
        CheckCharacters = false,
        CloseOutput = false,
    };

    private readonly XmlWriter _xml;

    private Ec2Xml(Stream stream) => _xml = XmlWriter.Create(stream, Settings);

    public static void WriteAnswer(Stream stream, string action, string requestId, Action<Ec2Xml> body)
    {
        using var xml = new Ec2Xml(stream);
        xml._xml.WriteStartElement(null, $"{action}Response", Namespace);
        xml.Text("requestId", requestId);
        body(xml);
        xml._xml.WriteEndElement();
    }

    /// <summary>The error document of EC2; other services of AWS spell it differently.</summary>
    public static void WriteError(Stream stream, Ec2Error error, string requestId)
    {
        using var xml = new Ec2Xml(stream);
        xml.Element("Response", () =>
        {
            xml.Element("Errors", () => xml.Element("Error", () => xml.Text("Code", error.Code).Text("Message", error.Message)));
            xml.Text("RequestID", requestId);
        });
    }

    /// <summary>Null leaves the element out.</summary>
    public Ec2Xml Text(string name, string? value)
    {
        if (value is null) return this;
        _xml.WriteStartElement(name);
        _xml.WriteString(value);
        _xml.WriteEndElement();
        return this;
    }

    public Ec2Xml Text(string name, bool value) => Text(name, value ? "true" : "false");

    public Ec2Xml Text(string name, int value) => Text(name, value.ToString(CultureInfo.InvariantCulture));

    public Ec2Xml Text(string name, DateTimeOffset value) =>
        Text(name, value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    public Ec2Xml Element(string name, Action content)
    {
        _xml.WriteStartElement(name);
        content();
        _xml.WriteEndElement();
        return this;
    }

    public Ec2Xml Set<T>(string name, IEnumerable<T> items, Action<T> write)
    {
        _xml.WriteStartElement(name);
        foreach (var item in items)
        {
            _xml.WriteStartElement("item");
            write(item);
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
        return this;
    }

    public Ec2Xml Tags(IEnumerable<KeyValuePair<string, string>> tags) =>
        Set("tagSet", tags, tag => Text("key", tag.Key).Text("value", tag.Value));

    public void Dispose() => _xml.Dispose();
}
