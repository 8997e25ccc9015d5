// Examples for the rules: never run. `finds:` and `spares:` as in the examples for Solidity.
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.sql.*;
import java.util.Random;
import javax.crypto.Cipher;
import javax.net.ssl.*;
import javax.xml.parsers.*;

class Examples {
    void ping(String host) throws Exception {
        Runtime.getRuntime().exec("ping -c 1 " + host); // finds: java-shell-command
        new ProcessBuilder("ping", "-c", "1", host).start(); // spares: java-shell-command
    }

    void user(Connection db, String name) throws Exception {
        Statement statement = db.createStatement();
        statement.executeQuery("SELECT * FROM users WHERE name = '" + name + "'"); // finds: java-sql-built-from-text
        String query = "SELECT * FROM users WHERE name = '" + name + "'";
        statement.executeQuery(query); // finds: java-sql-built-from-text
        db.prepareStatement("SELECT * FROM users WHERE name = ?"); // spares: java-sql-built-from-text
    }

    void download(HttpServletRequest request) throws Exception {
        new File("/srv/" + request.getParameter("name")); // finds: java-path-traversal
        new File("/srv/" + FilenameUtils.getName(request.getParameter("name"))); // spares: java-path-traversal
        new File("/srv/list"); // spares: java-path-traversal
    }

    void proxy(HttpServletRequest request) throws Exception {
        new URL(request.getParameter("url")); // finds: java-server-side-request
        new URL("https://example.org/prices"); // spares: java-server-side-request
    }

    void goOn(HttpServletRequest request, HttpServletResponse response) throws Exception {
        response.sendRedirect(request.getParameter("next")); // finds: java-open-redirect
        response.sendRedirect("/home"); // spares: java-open-redirect
    }

    Object load(InputStream bytes) throws Exception {
        ObjectInputStream in = new ObjectInputStream(bytes);
        return in.readObject(); // finds: java-unsafe-deserialisation
    }

    Object loadFiltered(InputStream bytes) throws Exception {
        ObjectInputStream in = new ObjectInputStream(bytes);
        in.setObjectInputFilter(ObjectInputFilter.Config.createFilter("a.b.C;!*"));
        return in.readObject(); // spares: java-unsafe-deserialisation
    }

    void fingerprint() throws Exception {
        MessageDigest.getInstance("MD5"); // finds: java-weak-hash
        MessageDigest.getInstance("SHA-256"); // spares: java-weak-hash
    }

    void encrypt() throws Exception {
        Cipher.getInstance("AES/ECB/PKCS5Padding"); // finds: java-weak-cipher
        Cipher.getInstance("DES"); // finds: java-weak-cipher
        Cipher.getInstance("AES/GCM/NoPadding"); // spares: java-weak-cipher
    }

    int makeToken() {
        return new Random().nextInt(); // finds: java-predictable-secret
    }

    int makeTokenWell() {
        return new SecureRandom().nextInt(); // spares: java-predictable-secret
    }

    int throwDice() {
        return new Random().nextInt(6); // spares: java-predictable-secret
    }

    void connect(HttpsURLConnection connection, HostnameVerifier strict) {
        connection.setHostnameVerifier((host, session) -> true); // finds: java-tls-not-verified
        connection.setHostnameVerifier(strict); // spares: java-tls-not-verified
    }

    Object parser() throws Exception {
        return DocumentBuilderFactory.newInstance(); // finds: java-xml-entities
    }

    Object parserWithoutTypes() throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance(); // spares: java-xml-entities
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory;
    }

    boolean verify(String signature, String wanted) {
        return signature.equals(wanted); // finds: java-timing-unsafe-comparison
    }

    boolean verifyWell(byte[] signature, byte[] wanted) {
        return MessageDigest.isEqual(signature, wanted); // spares: java-timing-unsafe-comparison
    }
}
