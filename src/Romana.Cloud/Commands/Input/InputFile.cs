using System.Text;
using System.Text.Json;
using Romana.Cloud.Commands.Frame;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Romana.Cloud.Commands.Input;

/// <summary>The one place that reads a file a user named. "-" is standard input. Every fault is a message with path and remedy, exit code 2.</summary>
public static class InputFile
{
    /// <summary>No document of ours is near it; a wrong path to a log or an image is.</summary>
    public const long MaxBytes = 64L << 20;

    /// <summary>As messages name it.</summary>
    public static string Name(string path) => path == "-" ? "standard input" : path;

    public static string Read(string path, Surroundings around)
    {
        ArgumentNullException.ThrowIfNull(around);
        if (path == "-") return NotEmpty(path, Bounded(path, around.In));
        if (Directory.Exists(path)) throw CommandFailure.BadInput($"{path} is a directory", "name a file in it");
        try
        {
            using var file = File.OpenRead(path);
            if (file is { CanSeek: true, Length: > MaxBytes }) throw TooBig(path);
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return NotEmpty(path, Bounded(path, reader));
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandFailure.BadInput($"{path} does not exist", $"check the path; it is looked for from {Environment.CurrentDirectory}", fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw CommandFailure.BadInput($"{path} may not be read by this user", $"give read permission: chmod +r {path}", fault);
        }
        catch (DecoderFallbackException fault)
        {
            throw CommandFailure.BadInput($"{path} is not text in UTF-8", "save it as UTF-8", fault);
        }
        catch (IOException fault)
        {
            throw CommandFailure.BadInput($"{path} could not be read: {fault.Message}", "check the path and the disk", fault);
        }
    }

    /// <summary>Refuses text that is not JSON (comments and trailing commas are tolerated), naming line and column.</summary>
    public static JsonDocument ParseJson(string path, string text)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException fault)
        {
            throw BrokenJson(path, fault);
        }
    }

    /// <summary>A pipe and a device have no length: what they give is counted.</summary>
    private static string Bounded(string path, TextReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[64 << 10];
        while (reader.Read(buffer) is > 0 and var read)
        {
            text.Append(buffer, 0, read);
            if (text.Length > MaxBytes) throw TooBig(path);
        }

        return text.ToString();
    }

    private static string NotEmpty(string path, string text) => !string.IsNullOrWhiteSpace(text) ? text
        : throw CommandFailure.BadInput($"{Name(path)} is empty", path == "-" ? "pipe the text into it, or name a file" : "check that it is the right file");

    private static CommandFailure TooBig(string path) =>
        CommandFailure.BadInput($"{Name(path)} is too big: at most {MaxBytes >> 20} MiB are read", "check that it is the right file");

    /// <summary>For readers that deserialise by themselves: the same message from their exception.</summary>
    public static CommandFailure BrokenJson(string path, JsonException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        var place = fault.LineNumber is { } line ? $" at line {line + 1}, column {fault.BytePositionInLine + 1}" : "";
        var where = string.IsNullOrEmpty(fault.Path) || fault.Path == "$" ? "" : $" ({fault.Path})";
        return CommandFailure.BadInput($"{Name(path)} is broken JSON{place}{where}: {Reason(fault)}", "correct the file there and try again", fault);
    }

    /// <summary>Refuses text that is not YAML, naming line and column.</summary>
    public static void CheckYaml(string path, string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            while (parser.MoveNext())
            {
                if (parser.Current is AnchorAlias)
                    throw CommandFailure.BadInput($"{Name(path)}, line {parser.Current.Start.Line}: YAML aliases are not read", "write the value out");
            }
        }
        catch (YamlException fault)
        {
            throw BrokenYaml(path, fault);
        }
    }

    public static CommandFailure BrokenYaml(string path, YamlException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return CommandFailure.BadInput(
            $"{Name(path)} is broken YAML at line {fault.Start.Line}, column {fault.Start.Column}: {fault.InnerException?.Message ?? fault.Message}",
            "correct the file there and try again", fault);
    }

    /// <summary>The reader adds "LineNumber: 3 | BytePositionInLine: 7." to its words; the place is said already.</summary>
    private static string Reason(JsonException fault)
    {
        var text = fault.InnerException is FormatException or JsonException ? fault.InnerException.Message : fault.Message;
        foreach (var tail in (string[])[" Path: ", " LineNumber: "])
        {
            var cut = text.IndexOf(tail, StringComparison.Ordinal);
            if (cut > 0) text = text[..cut];
        }

        return text;
    }
}
